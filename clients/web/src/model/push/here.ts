import { signal } from "@preact/signals";
import type { Device } from "./device.ts";

/**
 * This device as a place where the user gets notifications. It is undefined at the door, and until
 * that part is loaded.
 */
export const device = signal<Device | undefined>(undefined);
