// HTML from template literals. Every value is escaped unless it is Html already. Only this file makes Html: its class is not
// exported, so no other file can put raw text into a page.

class Safe {
  constructor(readonly text: string) {}
}

/** HTML that is safe to insert. */
export type Html = Safe;

type Part = Html | string | number | false | null | undefined | Part[];

/** Tag of a template literal. Strings and numbers are escaped, arrays are joined, and false, null and undefined are omitted. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Html {
  return new Safe(strings.reduce((text, s, i) => text + render(values[i - 1]) + s));
}

function render(value: Part): string {
  if (value instanceof Safe) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  if (value === false || value === null || value === undefined) return '';
  return escape(String(value));
}

const hex = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text escaped for use between tags and in a quoted attribute. Control characters except newline and tab, and those that change the
 *  direction of text, become escapes such as \u001b: a page is also read in a terminal. */
export function escape(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, hex).replace(/[&<>"']/g, (c) => names[c]);
}

/** JSON escaped for use in a script element: no text in it can end the element or open a comment. */
export function embeddedJson(value: unknown): Html {
  return new Safe(JSON.stringify(value).replace(/[<>&\u2028\u2029\p{Cc}\p{Bidi_Control}]/gu, hex));
}

/** A style or script element with these attributes around text of this program, never of a record. Throws Error if the text could end
 *  the element or open a comment. */
export function rawElement(name: 'style' | 'script', text: string, attributes: Record<string, string> = {}): Html {
  const bad = new RegExp(`</${name}|<!--`, 'i').exec(text);
  if (bad) throw new Error(`html: ${name}: the text contains '${bad[0]}'; only text of this program may be raw`);
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`);
  return new Safe(`<${name}${written.join('')}>${text}</${name}>`);
}
