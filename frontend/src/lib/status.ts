import type { Schema } from "./api/schema";

export type Status = Schema<"Status">;

/** Every status, in the order of the work, with its name. */
export const STATUS_NAMES: Record<Status, string> = {
  open: "Open",
  acknowledged: "Acknowledged",
  investigating: "Investigating",
  reopened: "Reopened",
  resolved: "Resolved",
  false_positive: "False positive",
  accepted_risk: "Accepted risk",
};

export const STATUSES = Object.keys(STATUS_NAMES) as Status[];

const CLOSED: readonly Status[] = ["resolved", "false_positive", "accepted_risk"];

/** Whether a status closes a finding, which needs a reason. */
export const isClosed = (status: Status): boolean => CLOSED.includes(status);

/** The statuses of findings that need work. */
export const OPEN_STATUSES = STATUSES.filter((status) => !isClosed(status));

/** The statuses that a person chooses: only a later detection reopens a finding. */
export const CHOICES = STATUSES.filter((status) => status !== "reopened");
