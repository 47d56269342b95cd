// Parts of files that are loaded when they are first shown.

import { lazy } from "../ui/lazy.tsx";

export const Viewer = lazy(() => import("./Viewer.tsx").then((m) => m.Viewer));
export const FileDialog = lazy(() => import("./FileDialog.tsx").then((m) => m.FileDialog));
