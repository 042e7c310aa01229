import type { Exploration } from './explore.ts';
import type { Mutation } from './mutations.ts';
import { type VariantName, variants } from './variants.ts';

/** A row of a table in Markdown, by its cells. */
export type Row = readonly string[];

/** What one world has, for the documentation: its name, what it is, its states, transitions and depth. */
export const rowOfVariant = (name: VariantName, { states, transitions, depth }: Exploration): Row => [
  name,
  variants[name].description,
  counted(states),
  counted(transitions),
  String(depth),
];

/** What became of a mutation, for the documentation: the rule broken, the world, what was found and in how many steps. */
export const rowOfMutation = ({ name, variant, harmless }: Mutation, { counterexample }: Exploration): Row => {
  if (counterexample === undefined) return [name, variant, `nothing: ${harmless ?? 'not found'}`, '-'];
  return [name, variant, counterexample.what, String(counterexample.trace.length)];
};

const counted = (count: number): string => count.toLocaleString('en');

/** A row as Markdown. */
export const markdown = (cells: Row): string => `| ${cells.join(' | ')} |`;

/** All rows of the tables in a text in Markdown, whatever the width of their columns. */
export const rowsIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      markdown(
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    );
