/** A count of the cloud that is larger than what it listed: something is hidden. */
export interface CountMismatch {
  source: string;
  counted: number;
  listed: number;
  /** How many that no list shows a person states to be elsewhere in the pool. */
  excluded: number;
}

/** Part of a sentence, without its full stop. */
export const inNumbers = ({ source, counted, listed, excluded }: CountMismatch): string => {
  const numbers = `${source} counts ${counted} instances but lists ${listed}`;
  return excluded === 0 ? numbers : `${numbers}, and ${excluded} that no list shows are excluded`;
};
