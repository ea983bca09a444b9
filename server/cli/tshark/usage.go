package tshark

const usageText = `Input:
  -r FILE            read packets from FILE ('-' for stdin); gzip, zstd and lz4 are detected
  -i INTERFACE       capture on an interface (name or number of -D); -f FILTER, -s SNAPLEN, -p, -B MiB
  -D                 list interfaces
  -c N               stop after N packets; -a duration:N, filesize:N, packets:N
Processing:
  -Y FILTER          display filter; -2 two passes, -R FILTER read filter of the first
  -n, -N FLAGS       name resolution; -d LAYER==SELECTOR,PROTOCOL decode as; -o NAME:VALUE preference
  --disable-protocol NAME, --enable-protocol NAME, --only-protocols LIST
Output:
  -w FILE            write packets ('-' for stdout); -F pcapng|pcap|nsecpcap; -b files:N ... ring
  -T FORMAT          text, fields, tabs, pdml, psml, json, jsonraw, ek
  -e FIELD           field to print with -T fields; -E header=y, separator=, occurrence=, aggregator=, quote=
  -V, -O PROTOCOLS   packet details; -x hex and ASCII; -P summary also when writing; -l flush each packet
  -t FORMAT          a, ad, adoy, d, dd, e, r, u, ud, udoy, with .N digits; -u s|hms; -q quiet
  -j, -J PROTOCOLS   layers to print with -T json, ek
  -z STATISTIC       conv,TYPE  endpoints,TYPE  io,phs ... (a wrong name lists them)
  -G REPORT          fields, protocols, values, decodes, ftypes, dissector-tables, defaultprefs
`
