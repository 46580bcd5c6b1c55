import { byName } from "./lmz-wire.ts";

/** The classes of errors. No other is looked up. */
const classes = byName<Function>(Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError);

/** Sets an own property that is not enumerable, as those of errors are. */
function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

/** Makes an error of the class that its name says, if that is one of the language; else an Error with that name. */
export function makeError(name: string, message: string, stack: string | undefined): Error {
  const known = classes.get(name);
  // An AggregateError's own constructor would give it errors.
  const error: Error = Reflect.construct(Error, [], known ?? Error);
  // What engines tell of the place where it was made is not true.
  for (const key of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, key);
  if (!known) hide(error, "name", name);
  hide(error, "message", message);
  // In some engines the prototype still tells a stack.
  if (stack !== error.stack) hide(error, "stack", stack);
  return error;
}
