/** A piece of a document: text, a value that may be referred to, or a body. */
export type Piece = string | Entry | Body;

/** A value that has an identity, written where it was met first. */
export class Entry {
  readonly pieces: Piece[] = [];
  /** It was met again. */
  again = false;
  /** Its number then. */
  id = 0;
}

/** The body of a request or response, which may have to be written in both of its forms (V-12). */
export interface Body {
  /** As JSON.stringify writes it. */
  plain: string;
  /** As a node. */
  pieces: Piece[];
  /** It holds nodes that JSON.stringify would not write. */
  rich: boolean;
  /** Where the entries in it begin and end. */
  from: number;
  to: number;
}

/** Puts a document together. The entries are all, in the order of their first places. */
export function assemble(root: Piece[], entries: Entry[]): string {
  const text = (pieces: Piece[]): string => pieces.map(piece).join("");
  const piece = (p: Piece): string => {
    if (typeof p === "string") return p;
    if (p instanceof Entry) return p.again ? `{"$ref":${p.id}}` : text(p.pieces);
    const rich = p.rich || entries.slice(p.from, p.to).some((entry) => entry.again);
    return p.plain + (rich ? `,"$body":${text(p.pieces)}` : "");
  };
  const aliases = entries.filter((entry) => entry.again);
  aliases.forEach((entry, id) => (entry.id = id));
  const meta = aliases.map((entry) => `"${entry.id}":${text(entry.pieces)}`).join();
  return `{"json":${text(root)},"meta":{${meta && `"aliases":{${meta}}`}}}`;
}
