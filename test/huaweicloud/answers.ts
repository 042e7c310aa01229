/** What a service answers: a body that is sent as JSON, plain text, or only a status. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a service to answer with an error from wherever it was found. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`refused with status ${answer.status}`);
    this.name = 'Refusal';
    this.answer = answer;
  }
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const noContent: Answer = { status: 204 };

/** `{error_code, error_msg}`: the gateway, the billing centre, DCC, MRS, RDS and CBR. */
export const flatError = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error_code: code, error_msg: message },
});

/** `{error: {code, message}}`: ECS, and DeH after its model. */
export const nestedError = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

/** An error of the API gateway, which also repeats the request id in the body. */
export const gatewayError = (status: number, code: string, message: string, requestId: string): Answer => ({
  status,
  body: { error_msg: message, error_code: code, request_id: requestId },
});
