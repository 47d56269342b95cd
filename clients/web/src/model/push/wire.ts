// The part of the protocol about notifications for users who are not looking.

import type { wire } from "natterjack";

export type PushState = wire.Push;
export type Subscription = wire.PushSubscription;
export type Tested = wire.PushTested;
export type LogEntry = wire.PushLogEntry;
