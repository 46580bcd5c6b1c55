/** A step of the path to a value: a key, an index, or what stands in angle brackets. */
export type Step = string | number | [string];

// Of a long path only the ends are shown, and of a long key the beginning.
const head = 24;
const tail = 8;
const keyLength = 64;

/** Writes a path as JavaScript would: args[1].user["full name"]; steps into anything but objects and arrays like <map 0>. */
export function pathText(path: Step[]): string {
  let text = "";
  path.forEach((step, i) => {
    if (path.length > head + tail) {
      if (i === head) text += "...";
      if (i >= head && i < path.length - tail) return;
    }
    if (typeof step === "number") text += `[${step}]`;
    else if (typeof step !== "string") text += `<${step[0]}>`;
    else if (step.length > keyLength) text += `[${JSON.stringify(`${step.slice(0, keyLength)}...`)}]`;
    else if (/^[a-z_$][\w$]*$/i.test(step)) text += (text && ".") + step;
    else text += `[${JSON.stringify(step)}]`;
  });
  return text;
}
