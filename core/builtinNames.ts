// A module of its own, and without imports: operations are declared while modules that need each other are still evaluated.

/** Names of the operations that are built in. A backend finds its kernels by them. */
export const builtIn = new Set<string>();
