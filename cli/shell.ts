// Quotes the words of commands that are printed for the user to run.

/** A word, quoted for a POSIX shell if it needs quotes. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
