/** Turns structured-clone values into text and back. */
export interface Codec {
  /** What the peer knows it by: `lmz`. */
  readonly name: string;
  /**
   * Encodes a value. Aliases and cycles are kept.
   * @throws CodecError when something in it cannot travel; its message begins with the path.
   */
  encode(value: unknown, options?: EncodeOptions): string;
  /**
   * Decodes a text that may come from an enemy: nothing of it is executed, and nothing is
   * looked up by a name that it holds.
   * @throws CodecError when the text is not what `encode` makes.
   */
  decode(text: string, options?: DecodeOptions): unknown;
}

export interface EncodeOptions {
  /**
   * Called once for each occurrence of a function, in the order of the document and in it alone: what it returns stands in the function's
   * place, and is itself encoded; undefined leaves the function as it is. What is returned is not
   * tracked for aliases, but what it contains is.
   */
  replace?: (value: Function) => unknown;
}

export interface DecodeOptions {
  /** Gets a look at the whole before anything is decoded. */
  begin?: (root: WireLook) => void;
  /**
   * Called for each plain object with the own key `__isRemoteFunction`. It gets a look
   * at the object, and returns what makes the function that stands in its place from the
   * decoded object (which is complete only after `decode` returned); undefined leaves it an object. It is not called
   * below a key `then`: what has a function there runs it when it is awaited.
   */
  revive?: (marker: WireLook) => ((content: Record<string, unknown>) => unknown) | undefined;
}

/** A look at a value on the wire, before it is decoded; references are followed. */
export interface WireLook {
  /** The value under a key of an object; undefined where there is none. */
  key(name: string): WireLook | undefined;
  /** The elements of an array; undefined if it is none. */
  elements(): WireLook[] | undefined;
  /** The value itself if it is a string, a number, a boolean or null. */
  readonly scalar: string | number | boolean | null | undefined;
}

/** Says why a value or a text cannot be encoded or decoded. */
export class CodecError extends Error {
  override name = "CodecError";
}
