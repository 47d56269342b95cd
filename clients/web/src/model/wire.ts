// The protocol's types, as the SDK generates them from the server's own, and what the app adds.

import type { wire } from "natterjack";

export { directChannel, newClientID as newId, ownChannel, validUser } from "natterjack";
import { directUsers, partner } from "natterjack";

export type Ack = wire.Ack;
export type Attachment = wire.Attachment;
export type ChannelInfo = wire.ChannelInfo;
export type Content = wire.Content;
export type Event = wire.Event;
export type Invite = wire.Invite;
export type Picture = wire.Picture;
export type Mention = wire.Mention;
export type Reaction = wire.Reaction;
export type Receipt = wire.Receipt;
export type Receipts = wire.Receipts;
export type Rendition = wire.Rendition;
export type Role = wire.Role;
export type Setting = wire.Setting;
export type Typing = wire.Typing;
export type UserPresence = wire.UserPresence;

/** A message with what later events made of it. It is never changed in place. */
export type Message = Event & { seq: number };

/** Tells whether a channel is a direct one. */
export const isDirect = (channel: string): boolean => directUsers(channel) !== undefined;

/** Returns the other user of a direct channel. In a user's own notes it returns that user. */
export const partnerIn = partner;

const group = /^g[a-z2-7]{24}$/;

/** Tells whether a text can be the id of a channel that a person sees. */
export const validChannel = (id: string): boolean => group.test(id) || isDirect(id);
