// Parts that are loaded when they are first shown, or soon after the first screen.

import { lazy } from "../ui/lazy.tsx";

export const EmojiMenu = lazy(() => import("./EmojiMenu.tsx").then((m) => m.EmojiMenu));
export const Voice = lazy(() => import("./Voice.tsx").then((m) => m.Voice));
export const Attachments = lazy(() => import("./Attachments.tsx").then((m) => m.Attachments), { early: true });
export const Leaving = lazy(() => import("./Leaving.tsx").then((m) => m.Leaving));
export const TrayList = lazy(() => import("./TrayList.tsx").then((m) => m.TrayList));
export const FormChoice = lazy(() => import("./TrayList.tsx").then((m) => m.FormChoice));
