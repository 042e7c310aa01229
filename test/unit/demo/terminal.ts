/** A terminal as far as the demo uses one: text, line ends, up, erase. What scrolls out stays readable above. */
export function terminal(columns = 60, rows = 16) {
  let lines: string[] = [''];
  let row = 0;
  let column = 0;

  function control(code: string): void {
    const [, count = '', letter = ''] = /\[(\d*)(\w)/.exec(code) ?? [];
    if (letter === 'A') row = Math.max(row - Number(count || 1), lines.length - rows, 0);
    else if (letter === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (letter === 'J') lines = [...lines.slice(0, row), (lines[row] ?? '').slice(0, column)];
    else if (letter !== 'm') throw new Error(`unknown escape code ${JSON.stringify(code)}`);
  }

  function put(text: string): void {
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
    if (column > columns) throw new Error(`wider than the terminal: ${lines[row]}`);
  }

  return {
    isTTY: true,
    columns,
    rows,
    written: '',
    /** Everything from the first line on, those above the visible ones included. */
    text: () => lines.map((line) => line.trimEnd()).join('\n'),
    write(text: string): void {
      this.written += text;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is about control characters.
      for (const part of text.split(/(\u001b\[\d*\w|\r|\n)/)) {
        if (part === '\r') column = 0;
        else if (part === '\n') {
          row += 1;
          column = 0;
          lines[row] ??= '';
        } else if (part.startsWith('\u001b')) control(part);
        else put(part);
      }
    },
  };
}
