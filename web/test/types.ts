// What the types of remote objects promise: checked by the compiler, never run.
import { createRpcClient, createWebSocketTransport, dispose, withCall, type Pending, type Received } from "../src/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(yes: Same<A, B>): void;

interface User {
  name: string;
  born: Date;
  friends(): User[];
}
interface Room {
  count: number;
  owner: User;
  add(a: number, b: number): number;
  later(text: string): Promise<string>;
  user(name: string, create?: boolean): User;
  nothing(): void;
}

export async function check(): Promise<void> {
  const room = createRpcClient<Room>({ transport: createWebSocketTransport("ROOM", "x") });
  const sum = room.add(1, 2);
  same<typeof sum, Pending<number>>(true);
  same<number, Awaited<typeof sum>>(true);
  same<string, Awaited<ReturnType<typeof room.later>>>(true);
  same<void, Awaited<ReturnType<typeof room.nothing>>>(true);
  const count = await room.count;
  same<typeof count, number>(true);
  const born = await room.user("ann").born;
  same<typeof born, Date>(true);
  const friends = await room.user("ann").friends();
  same<typeof friends, Received<User>[]>(true);
  // A function of a result is called from afar.
  const theirs = await friends[0]!.friends();
  same<(typeof theirs)[0]["born"], Date>(true);
  const name = await room.owner.name;
  same<typeof name, string>(true);
  await room.add(room.add(1, 2), room.count);
  // @ts-expect-error a string is no number
  await room.add("1", 2);
  // @ts-expect-error a promise of this side's is no call
  await room.add(Promise.resolve(1), 2);
  // @ts-expect-error the result of a function of a result is a promise
  void (friends[0]!.friends().length satisfies number);
  // @ts-expect-error there is no such method
  await room.missing();
  // @ts-expect-error an argument is missing
  await room.later();
  await withCall(room, { timeout: 100, signal: new AbortController().signal }).later("x");
  dispose(room);
  using untyped = createRpcClient({ transport: createWebSocketTransport("ROOM", "x") });
  const anything = await untyped.whatever.deeply(1).nested;
  same<typeof anything, any>(true);
}
