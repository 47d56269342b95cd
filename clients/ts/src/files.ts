import type { Client } from "./client.js";
import { Media } from "./media.js";
import type { Settings } from "./options.js";
import { Uploads } from "./upload.js";

/**
 * Everything about files. It is a module of its own that is loaded when it is needed, so that pages
 * that begin without it begin sooner.
 */
export class Files {
  readonly uploads: Uploads;
  readonly media: Media;

  constructor(settings: Settings, request: Client["request"]) {
    this.uploads = new Uploads(settings, request);
    this.media = new Media(settings, request);
  }
}
