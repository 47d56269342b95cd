import { signal } from "@preact/signals";
import type { Device } from "./device.ts";

/** This device as a place where the user is told; undefined until that part is loaded, or at the door. */
export const device = signal<Device | undefined>(undefined);
