// Mutants that no test can catch, each with the reason.
export const survivors: { file: string; line: string; what: string; because: string }[] = [];
