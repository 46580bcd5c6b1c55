export { createRpcClient, dispose, reconnectNow, withCall, type RpcClientConfig } from "./client.ts";
export { createWebSocketTransport, type Socket, type WebSocketTransportOptions } from "./websocket.ts";
export { RpcError, type RpcErrorCode, type RpcErrorDetails } from "./errors.ts";
export { lmz } from "./lmz.ts";
export { CodecError, type Codec, type DecodeOptions, type EncodeOptions, type WireLook } from "./codec.ts";
export { RequestSync, ResponseSync } from "./sync.ts";
export type { Argument, CallOptions, Pending, Received, Remote } from "./remote.ts";
export type { Logger } from "./inbox.ts";
export type { CloseInfo, ConnectAttempt, ConnectionState, Sending, Transport, TransportHandlers } from "./types.ts";
