/** So many are under way at once: enough for every core, few enough to stop soon. */
const AT_ONCE = 16;

/** Runs the work for all items, with at most sixteen under way; after a failure nothing new is begun. */
export async function mapConcurrently<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      try {
        await work(items[next++]!);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
