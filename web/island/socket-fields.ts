// The filter fields of the socket table, shared by the page and the palette.
import type { Fields, Reader } from "./expr";
import type { Entry, Table } from "./table";

export const socketFields: Fields = {
  names: {
    proto: "tcp, udp", state: "ESTAB, CLOSE-WAIT, …", port: "either side", lport: "local port", rport: "peer port",
    addr: "either address", local: "local address", peer: "peer address", pid: "owner", name: "owner's name", user: "owner's user",
    recvq: "bytes not read", sendq: "bytes not acknowledged", rtt: "ms", retrans: "segments sent again", in: "bytes received", out: "bytes sent", cong: "congestion control", fd: "descriptor", inode: "socket inode",
  },
};

export function socketReader(t: Table): Reader<Entry> {
  const n = (e: Entry, id: string): number | null => {
    const v = t.cell(e, id);
    return typeof v === "number" ? v : null;
  };
  return {
    value(e, field) {
      switch (field) {
        case "port": return [n(e, "lport"), n(e, "rport")];
        case "addr": return [host(t.str(e, "local")), host(t.str(e, "peer"))];
        case "local": return [host(t.str(e, "local")), t.str(e, "local")];
        case "peer": return [host(t.str(e, "peer")), t.str(e, "peer")];
        case "name": return t.str(e, "process");
        case "rtt": {
          const v = n(e, "rtt");
          return v === null ? null : v / 1e6;
        }
      }
      return t.cell(e, field);
    },
    text: (e) => `${t.str(e, "proto")} ${t.str(e, "state")} ${t.str(e, "local")} ${t.str(e, "peer")} ${t.str(e, "process")} ${t.str(e, "pid")} ${t.str(e, "user")}`,
  };
}

/** The address of "address:port", without the brackets of IPv6. */
export function host(addressPort: string): string {
  return addressPort.replace(/:[^:]*$/, "").replace(/^\[|\]$/g, "");
}
