/** A text in which *** replaces the user and the password of each server's address: redis://***@host. */
export function withoutPasswords(text: string): string {
  return text.replace(/\b(rediss?:\/\/)\S*@/gi, '$1***@');
}
