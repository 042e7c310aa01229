/** A column: its title, and what it shows of a row. */
export interface Column<Row> {
  title: string;
  of: (row: Row) => string;
}

/** A Markdown table; the first column is text, the others are numbers. */
export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map((row) => line(columns.map(({ of }) => of(row)))),
  ].join('\n');
}
