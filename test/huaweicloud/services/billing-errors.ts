import { type Answer, flatError } from '../answers.ts';

/** CBC.0100 "parameter error" of the billing centre. */
export const parameterError = (message: string): Answer => flatError(400, 'CBC.0100', `Parameter error. ${message}`);
