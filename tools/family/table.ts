// Computed tables in a Markdown page. Each is between `<!-- computed: NAME -->` and `<!-- end -->`.

const between = (name: string) => new RegExp(`(<!-- computed: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Returns the page with the table of this name replaced. Throws if the page has none. */
export function replaced(page: string, name: string, table: string): string {
  if (!between(name).test(page))
    throw new Error(`the page has no table between <!-- computed: ${name} --> and <!-- end -->`);
  return page.replace(between(name), (_, start, end) => `${start}${table}${end}`);
}

/** The rows of the table of this name, without its head. */
export function rowsOf(page: string, name: string): string[][] {
  const lines = (between(name).exec(page)?.[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.slice(2, -2).split(' | '));
}

/** The page without its computed tables. */
export function written(page: string): string {
  return page.replace(/<!-- computed: \w+ -->\n[\s\S]*?<!-- end -->/g, '');
}
