/** What objects look like to a person who logs them: their meaning instead of their parts. */

/** The method that `console.log` and `util.inspect` of Node and of Bun look for. */
export const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom");

/** An object that `console.log` shows as `JSON.stringify` does: by its summary. */
export interface Readable {
  /** The summary: texts, numbers and lists of them. What is undefined or an empty list says nothing, and `console.log` leaves it out. */
  toJSON(): Record<string, unknown>;
}

/** The class to extend. It is made in a function, as compilers want no computed names in the classes of a declaration. */
export const Readable: abstract new () => Readable = /* @__PURE__ */ (() => {
  abstract class Summarized {
    abstract toJSON(): Record<string, unknown>;

    [INSPECT](depth: number, options: object, inspect: Inspect): string {
      const { name } = this.constructor;
      if (depth < 0) return `[${name}]`;
      const told = Object.entries(this.toJSON()).filter(
        ([, value]) => value !== undefined && (value as Partial<ArrayLike<unknown>>).length !== 0,
      );
      return `${name} ${inspect(Object.fromEntries(told), options)}`;
    }
  }
  return Summarized;
})();

/** `util.inspect`, as it hands itself to the method. */
type Inspect = (value: unknown, options: object) => string;

/** Gives an object that is no class its texts for `console.log` and for JSON; neither is among its properties. */
export function withText<T extends object>(object: T, text: string, json: object): T {
  return Object.defineProperties(object, {
    [INSPECT]: { value: () => text },
    toJSON: { value: () => json },
  });
}
