/** The roles, as choices of a form. */
export const ROLES = [
  ["viewer", "Viewer"],
  ["analyst", "Analyst"],
  ["engineer", "Engineer"],
  ["auditor", "Auditor"],
  ["admin", "Admin"],
  ["ingest", "Ingest"],
] as const;
