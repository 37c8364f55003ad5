/** What was thrown, as it is said to people. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
