/** What one part of a selector demands of an object's labels. */
type Requirement =
  | { operator: 'Exists' | 'DoesNotExist'; key: string }
  | { operator: 'In' | 'NotIn'; key: string; values: readonly string[] };

/** A label selector: which objects it selects is what the API server says of the same text. */
export interface LabelSelector {
  /** As the API server takes it. */
  readonly text: string;
  /** Whether an object with these labels is selected. */
  selects(labels: Readonly<Record<string, string>> | undefined): boolean;
}

/** Thrown for a text that is no label selector; the message is the fault, without an example. */
export class LabelSelectorError extends Error {
  override readonly name = 'LabelSelectorError';
}

/**
 * Reads a label selector in kubectl's syntax: `a=1`, `a==1`, `a!=1`, `a in (1,2)`, `a notin (1,2)`, `a`, `!a`, joined by
 * commas that mean "and". Stricter than the API server, which also compares numbers (`a>1`) and reads `a in ()` as `a in ("")`.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 * @throws LabelSelectorError
 */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = partsOf(text).map(requirementIn);
  return { text, selects: (labels = {}) => requirements.every((requirement) => isMet(requirement, labels)) };
}

/** As the API server has it: what demands that a label is not something also selects objects without the label. */
function isMet(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
  }
}

/** Between commas, but not those between parentheses. */
const partsOf = (text: string): string[] => text.split(/,(?![^(]*\))/).map((part) => part.trim());

const forms = {
  presence: /^(!?)\s*([^\s=!,()<>]+)$/,
  equality: /^([^\s=!,()<>]+)\s*(==?|!=)\s*([^\s=!,()<>]*)$/,
  set: /^([^\s=!,()<>]+)\s+(in|notin)\s*\(([^()]*)\)$/,
};

function requirementIn(part: string): Requirement {
  if (part === '') throw new LabelSelectorError('it is empty, or a comma has nothing on one side');
  const [isPresence, negation, present = ''] = forms.presence.exec(part) ?? [];
  if (isPresence) return { operator: negation === '' ? 'Exists' : 'DoesNotExist', key: checkedKey(present) };
  const [isEquality, compared = '', sign, value = ''] = forms.equality.exec(part) ?? [];
  if (isEquality) {
    return { operator: sign === '!=' ? 'NotIn' : 'In', key: checkedKey(compared), values: [checkedValue(value)] };
  }
  const [isSet, key = '', word, values = ''] = forms.set.exec(part) ?? [];
  if (isSet) return { operator: word === 'in' ? 'In' : 'NotIn', key: checkedKey(key), values: valuesIn(values, part) };
  throw new LabelSelectorError(`"${part}" is none of key=value, key!=value, key in (a,b), key notin (a,b), key, !key`);
}

function valuesIn(list: string, part: string): string[] {
  if (list.trim() === '') throw new LabelSelectorError(`"${part}" names no value between the parentheses`);
  return list.split(',').map((value) => checkedValue(value.trim()));
}

/** Letters and digits, with `-`, `_` and `.` between them. */
const word = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** RFC 1123, as Kubernetes has it for the prefix of a key. */
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function checkedKey(key: string): string {
  const parts = key.split('/');
  const [name = '', prefix] = parts.reverse();
  const isSound = parts.length <= 2 && word.test(name) && (prefix === undefined || subdomain.test(prefix));
  if (isSound) return key;
  throw new LabelSelectorError(
    `"${key}" is no key of a label: at most 63 letters, digits, "-", "_" and ".", after an optional DNS name and "/"`,
  );
}

function checkedValue(value: string): string {
  if (value === '' || word.test(value)) return value;
  throw new LabelSelectorError(
    `"${value}" is no value of a label: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends`,
  );
}
