import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabelSelectorError, parseLabelSelector } from '../../operator/label-selector.ts';
import { malformedSelectors, selectorTable } from '../builders/label-selectors.ts';

describe('a label selector', () => {
  test.each(selectorTable)('$text selects what the API server selects', ({ text, selected, others }) => {
    const selector = parseLabelSelector(text);
    expect(selected.filter((labels) => !selector.selects(labels))).toEqual([]);
    expect(others.filter((labels) => selector.selects(labels))).toEqual([]);
    expect(selector.text).toBe(text);
  });

  test('takes an object without any labels for one that has none of them', () => {
    expect(parseLabelSelector('!a').selects(undefined)).toBe(true);
    expect(parseLabelSelector('a!=1').selects(undefined)).toBe(true);
    expect(parseLabelSelector('a').selects(undefined)).toBe(false);
  });

  test('takes no name that every object of JavaScript has for a label', () => {
    expect(parseLabelSelector('constructor').selects({})).toBe(false);
    expect(parseLabelSelector('!toString').selects({})).toBe(true);
  });

  test.each(malformedSelectors)('%j is refused', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(LabelSelectorError);
  });

  test.each([
    ['a=b c', '"a=b c" is none of'],
    ['-a=1', '"-a" is no key'],
    ['a=1,b=x_', '"x_" is no value'],
    // The API server takes these three; the first two as if the empty value stood there, which nobody means.
    ['a in ()', 'no value between the parentheses'],
    ['a notin ( )', 'no value between the parentheses'],
    ['a>1', '"a>1" is none of'],
    ['a=1,,b', 'a comma has nothing on one side'],
  ])('%s is refused by its fault', (text, fault) => {
    expect(() => parseLabelSelector(text)).toThrow(fault);
  });

  test('of whatever text is read or refused by its own error', () => {
    const scraps = fc.constantFrom('a', 'in', 'notin', '=', '==', '!=', '!', ',', '(', ')', ' ', '1', '/', '.', '>');
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 12 }), (parts) => {
        try {
          parseLabelSelector(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(LabelSelectorError);
        }
      }),
    );
  });
});
