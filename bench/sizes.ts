/** The sizes at which growth is measured; each is ten times the one before. */
export const SIZES: readonly number[] = [100, 1000, 10_000];
