import type { ReactNode } from "react";

import { Button } from "./button";

/** The buttons at the end of a dialog: the one that cancels, and those that act. */
export function DialogActions({
  onCancel,
  locked = false,
  children,
}: {
  onCancel: () => void;
  /** Whether what was begun can no longer be cancelled. */
  locked?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="flex justify-end gap-2">
      <Button onClick={onCancel} disabled={locked}>
        Cancel
      </Button>
      {children}
    </div>
  );
}
