import { Download } from "lucide-react";

import { Button } from "@/components/button";
import { Menu, MenuItem } from "@/components/menu";
import { type FindingFilter, findingsFile } from "@/lib/api/findings";

const FORMATS = [
  { format: "csv", title: "CSV", note: "for spreadsheets" },
  { format: "ndjson", title: "NDJSON", note: "one finding per line" },
] as const;

/** Downloads all matching findings, not only those loaded. */
export function ExportMenu({ filter }: { filter: () => FindingFilter }) {
  return (
    <Menu
      label="Export"
      trigger={
        <Button>
          <Download aria-hidden />
          <span className="sr-only sm:not-sr-only">Export</span>
        </Button>
      }
    >
      {FORMATS.map(({ format, title, note }) => (
        <MenuItem key={format} asChild>
          <a href={findingsFile(filter(), format)} download>
            <span className="w-16 font-medium">{title}</span>
            <span className="text-ink-3">{note}</span>
          </a>
        </MenuItem>
      ))}
    </Menu>
  );
}
