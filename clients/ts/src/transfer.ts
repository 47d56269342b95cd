import { ProtocolError, TransferError } from "./errors.js";
import type { Settings } from "./options.js";
import { timeout } from "./time.js";

/** The least number of bytes per second of a transfer. A slower one is begun anew. */
const slowest = 8 << 10;

/** Returns how long a transfer may take, in milliseconds. */
export function timeFor(size: number): number {
  return 60_000 + (size / slowest) * 1000;
}

/** A request that brings bytes to storage, as the server has signed it. */
export interface Put {
  method: string;
  url: string;
  headers: { [name: string]: string };
  body: Blob;
  signal: AbortSignal;
  /** Is told how many bytes have gone out. */
  progress: (sent: number) => void;
}

/** The answer of storage. */
export interface Answer {
  status: number;
  text: string;
}

/**
 * Makes a request to storage. Errors leave its URL out, because the URL opens storage to anyone who
 * reads it. Only XMLHttpRequest tells how much of a body has gone out, so it is used where there is
 * one.
 */
export async function put(p: Put, settings: Settings): Promise<Answer> {
  if (!URL.canParse(p.url)) throw new ProtocolError("the URL of an upload is not valid");
  const signal = AbortSignal.any([p.signal, timeout(timeFor(p.body.size))]);
  return typeof XMLHttpRequest === "undefined" ? await putByFetch(p, signal, settings) : await putByXHR(p, signal);
}

async function putByFetch(p: Put, signal: AbortSignal, settings: Settings): Promise<Answer> {
  const { method, url, headers, body } = p;
  try {
    const answer = await settings.fetch(url, { method, headers, body, signal, credentials: "omit", redirect: "manual", referrerPolicy: "no-referrer" });
    return { status: answer.status, text: await answer.text() };
  } catch (cause) {
    p.signal.throwIfAborted();
    throw new TransferError("storage cannot be reached", 0, cause);
  }
}

function putByXHR(p: Put, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    const stop = () => x.abort();
    const failed = () => {
      signal.removeEventListener("abort", stop);
      reject(p.signal.aborted ? p.signal.reason : new TransferError("storage cannot be reached"));
    };
    x.open(p.method, p.url);
    for (const [name, value] of Object.entries(p.headers)) x.setRequestHeader(name, value);
    x.upload.onprogress = (e) => p.progress(e.loaded);
    x.onload = () => {
      signal.removeEventListener("abort", stop);
      resolve({ status: x.status, text: x.responseText });
    };
    x.onerror = x.onabort = failed;
    if (signal.aborted) return failed();
    signal.addEventListener("abort", stop);
    x.send(p.body);
  });
}
