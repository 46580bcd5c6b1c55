// @ts-check
// The page of a chat room: it makes the parts and puts them together.
//
// The heart of it is arrive(), which runs whenever a connection stands: join, catch up, post what waits. So a
// connection may break at any moment, and the server may be killed.

import { createRpcClient, createWebSocketTransport, dispose, reconnectNow, withCall } from "/__rpc/client.js";
import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { byId } from "./dom.js";
import { clientId, keep, recall, roomName } from "./identity.js";
import { setUpDrawer, setUpLinks } from "./links.js";
import { MessageList } from "./message-list.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { Scroller } from "./scroller.js";
import { SettingsDialog } from "./settings.js";
import { Status } from "./status.js";
import { Timeline } from "./timeline.js";
import { isPassing, roomCode, sentence } from "./words.js";

/** @typedef {import("./timeline.js").Message} Message */

const roomId = roomName();
let me = recall("chat.name"); // the name that we have, or want
let entered = false; // we have been in the room
/** @type {any} */
let room; // the room on the server; made when there is a name to join it with
/** @type {ReturnType<typeof setTimeout> | undefined} */
let nextArrival;

// The parts ------------------------------------------------------------------------------

const banner = new Banner();
const people = new People();
const status = new Status(connectNow);
const scroller = new Scroller(loadOlder);
const composer = new Composer((text) => outbox.add(text), sayTyping);
const settings = new SettingsDialog((changes) => room.updateSettings(changes));
const list = new MessageList({ retry: (key) => outbox.retry(key), discard: (key) => outbox.discard(key) });

const timeline = new Timeline(
  {
    getMessagesSince: (lastId) => room.getMessagesSince(lastId),
    getMessagesBefore: (id) => room.getMessagesBefore(id),
  },
  {
    append(message) {
      scroller.below(
        () => {
          list.append(message);
          if (message.key) {
            outbox.settle(message.key); // in the place of what waited
          }
        },
        { counts: !message.own },
      );
    },
    prepend: (messages) => scroller.above(() => list.prepend(messages)),
    clear: () => list.clear(),
    begins: (all) => scroller.above(() => (byId("begin").hidden = !all)),
  },
);

const outbox = new Outbox(roomId, {
  send: (text, key) => room.postMessage(text, key),
  posted: show,
  show: (post) => scroller.below(() => list.showPost(post), { follow: true }),
  remove: (key) => list.removePost(key),
  interrupted: arriveSoon,
});

// The connection -------------------------------------------------------------------------

function connect() {
  let transport;
  try {
    transport = createWebSocketTransport("CHAT_ROOM", roomId, { clientId: clientId() });
  } catch (error) {
    askName(sentence(error)); // no room can have that name
    return;
  }
  room = createRpcClient({
    transport,
    onDownstream: hear,
    onReconnect: arrive,
    onStateChange(state) {
      document.body.dataset.state = state.name;
      status.show(state);
      if (state.name !== "open") {
        outbox.pause();
      } else if (!state.reopened) {
        void arrive();
      }
    },
  });
}

function connectNow() {
  reconnectNow(room);
  if (document.body.dataset.state === "closed") {
    room.getParticipants().catch(() => {}); // any call connects; status tells how it goes
  }
}

/** @type {Promise<void>} */
let arriving = Promise.resolve();

/** Joins, catches up, and posts what waits. To be called when a connection stands; it never fails. */
function arrive() {
  arriving = arriving.then(joinAndCatchUp);
  return arriving;
}

async function joinAndCatchUp() {
  clearTimeout(nextArrival);
  try {
    const joined = await room.join(me);
    enter(joined);
    try {
      await timeline.catchUp(joined.lastId);
      banner.solved();
    } catch (error) {
      if (isPassing(error)) {
        throw error;
      }
      complain(error); // without the history people can still meet
    }
    outbox.resume();
  } catch (error) {
    if (isPassing(error)) {
      arriveSoon();
    } else if (roomCode(error) === "NAME_TAKEN" && entered) {
      askName(`The name “${me}” was taken while you were away. Choose another one.`);
    } else {
      askName(sentence(error));
    }
  }
}

/** Arrives again after a moment, unless the connection is gone: then its return will do it. */
function arriveSoon() {
  clearTimeout(nextArrival);
  nextArrival = setTimeout(() => {
    if (document.body.dataset.state === "open") {
      void arrive();
    }
  }, 1000);
}

/**
 * Takes what the room sends unasked: one after the other, in order.
 * @param {any} event
 */
function hear(event) {
  switch (event.type) {
    case "message":
      people.stopsTyping(event.from);
      return show(event);
    case "joined":
    case "left":
      return people.show(event.participants, me);
    case "typing":
      return people.types(event.name);
    case "settings":
      return showSettings(event.settings);
    case "history": // it began anew
      return timeline.restart().catch(complain);
  }
}

/** @param {Message} message */
function show(message) {
  return timeline.accept(message).then(() => banner.solved(), complain);
}

async function loadOlder() {
  try {
    return await timeline.older();
  } catch (error) {
    complain(error);
    return false;
  }
}

/**
 * Says what is wrong, unless it is the connection: the status says that, and arrive() makes good for it.
 * @param {unknown} error
 */
function complain(error) {
  if (!isPassing(error)) {
    banner.show(sentence(error), () => void arrive().then(() => scroller.fill()));
  }
}

function sayTyping() {
  if (document.body.dataset.state === "open") {
    room.typing().catch(() => {}); // worth no complaint
  }
}

// The page -------------------------------------------------------------------------------

/** @param {{ you: { name: string }, participants: { name: string }[], settings: Map<string, unknown> }} joined */
function enter(joined) {
  me = list.name = joined.you.name;
  keep("chat.name", me);
  people.show(joined.participants, me);
  showSettings(joined.settings);
  setView("room");
  if (!entered) {
    entered = true;
    composer.focus();
  }
}

/** @param {Map<string, unknown>} changed */
function showSettings(changed) {
  settings.show(changed);
  composer.limit = Number(changed.get("maxTextLength"));
}

/** @param {string} [why] why the last name does not do */
function askName(why = "") {
  const input = byId("name", HTMLInputElement);
  input.value = me;
  input.ariaInvalid = String(why !== "");
  byId("name-error").textContent = why;
  setView("welcome");
  input.focus();
  input.select();
}

/** @param {"welcome" | "room"} view */
function setView(view) {
  document.body.dataset.view = view;
  byId("welcome").hidden = view !== "welcome";
  byId("room").hidden = view !== "room";
}

byId("name-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = byId("name", HTMLInputElement).value.trim();
  if (!wanted) {
    askName("Write a name first.");
    return;
  }
  me = wanted;
  byId("name-error").textContent = "";
  if (!room) {
    connect();
  } else {
    void arrive();
  }
});

byId("leave").addEventListener("click", async () => {
  keep("chat.name", "");
  outbox.discardAll(); // the next one in this window is somebody else
  try {
    await withCall(room, { timeout: 2000 }).leave();
    location.reload();
  } catch {
    // The server is away, and so would be the page. The room sees that we are gone when it is back.
    dispose(room);
    room = undefined;
    entered = false;
    me = "";
    timeline.forget();
    askName();
  }
});

for (const id of ["room-name", "begin-room", "welcome-room"]) {
  byId(id).textContent = roomId;
}
scroller.title = `${roomId} – Chat`;
setUpLinks(roomId, (text) => banner.show(text));
setUpDrawer();
document.body.dataset.loaded = ""; // loaded.js looks for it
if (me) {
  connect();
} else {
  askName();
}
