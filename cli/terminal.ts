// Text for the terminal. Titles, hosts, settings and answers of servers come from files and networks, so control characters are
// escaped in everything that is written.
import { format, styleText } from 'node:util';
import { asOptions } from './asOptions.js';
import { atEnd } from './atEnd.js';

export type Style = Parameters<typeof styleText>[0];

/** Escapes control characters (escape, newline, C1) and characters that change the direction of text, as \u001b. JSON stays JSON of
 *  the same value. */
export function visible(text: string): string {
  const escaped = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, escaped);
}

/** Visible text, styled if the stream is a terminal that may show colours. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styled(style, visible(text), stream);
}

function styled(style: Style, text: string, stream: NodeJS.WriteStream): string {
  return stream.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;
}

/** Writes one line of visible text. Newlines in it are escaped too, so that no text can imitate output of the program. */
export function writeLine(stream: NodeJS.WriteStream, line: string, style?: Style): void {
  stream.write(`${style ? paint(style, line, stream) : visible(line)}\n`);
}

/** Writes a piece of a text or of a table that is all of the output, so tabs and line breaks are content. Other control characters are
 *  escaped. In a terminal, so is a lone carriage return: what follows would cover the beginning of the line. */
export function writeContent(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${visibleExcept(stream.isTTY ? /(\t|\r?\n)/ : /([\t\r\n])/, text)}\n`);
}

/** Writes the lines of a text that a net wrote, each after `indent`. Tabs stay, and every kind of line break ends a line. Other control
 *  characters are escaped. */
export function writeText(stream: NodeJS.WriteStream, text: string, indent = '', style?: Style): void {
  for (const line of text.split(/\r\n?|\n/)) {
    const shown = visibleExcept(/(\t)/, `${indent}${line}`);
    stream.write(`${style ? styled(style, shown, stream) : shown}\n`);
  }
}

/** Visible text, except what `kept` matches. */
function visibleExcept(kept: RegExp, text: string): string {
  const parts = text.split(kept).map((part, i) => (i % 2 ? part : visible(part)));
  return parts.join('');
}

/** Prints the warnings of the library, which go to `console.warn`, as visible text in the words of the command line, until the call of the
 *  command ends. Names in them come from files. */
export function showWarnings(): void {
  const { warn } = console;
  console.warn = (...values: unknown[]) => writeText(process.stderr, asOptions(format(...values)));
  atEnd(() => {
    console.warn = warn;
  });
}

/** Keeps libraries from printing a warning through `console.warn` until the call of the command ends. */
export function muteWarning(pattern: RegExp): void {
  const { warn } = console;
  console.warn = (message: unknown, ...rest) => {
    if (!pattern.test(String(message))) warn(message, ...rest);
  };
  atEnd(() => {
    console.warn = warn;
  });
}

let isOnStderr = false;

/** Sends what a user's code logs to stderr until the call of the command ends. */
export function logToStderr(): void {
  if (isOnStderr) return;
  isOnStderr = true;
  const { log, info, debug } = console;
  Object.assign(console, { log: console.error, info: console.error, debug: console.error });
  atEnd(() => {
    isOnStderr = false;
    Object.assign(console, { log, info, debug });
  });
}
