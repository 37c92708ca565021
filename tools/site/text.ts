// Text for Markdown and HTML.

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** The text with the characters that HTML reserves as entities. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => entities[c]);
}

/** A row of a Markdown table. */
export function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/** A page's head, from which TypeDoc takes its title and its group. */
export function frontMatter(title: string, group: string): string {
  return `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n\n`;
}
