// What the library prints as warnings.

/** The texts that a call writes to `console.warn`. Throws what the call throws. */
export async function warningsOf(call: () => unknown): Promise<string[]> {
  const { warn } = console;
  const said: string[] = [];
  console.warn = (text: string) => said.push(text);
  try {
    await call();
  } finally {
    console.warn = warn;
  }
  return said;
}
