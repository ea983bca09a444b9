// Package web holds the browser side. Go draws frames and first paints (page,
// ui), TypeScript brings them to life (island), one stylesheet covers both
// (style). build.js bundles island and style into assets/dist.
//
// # A page
//
// A .templ file in web/page registers a Page: path, title, menu entry, topics,
// script. Its view draws one h1 and one custom element around a first paint:
//
//	var _ = register(Page{Path: "/x", Title: "X", Script: "x.page.js", View: ...})
//	templ x(r Request) {
//		<h1 class="sr">X</h1>
//		@island("s-x", nil) { @ui.Waiting() }
//	}
//
// Its script is web/island/x.page.ts; every *.page.ts is an entry point of the
// build, and all bundles share the modules below (one socket, one address).
// Nothing inline: the policy refuses style="" and on…="" in markup. Styles that
// depend on data are set by the css() directive of draw.ts.
//
// # Modules of web/island
//
//	address.ts   query (signal), get, has, href, go: the address is the state
//	session.ts   api(method, url, body): JSON with the session's header; ApiError; download
//	socket.ts    subscribe(topic, args, handler) -> {table, close}; link, paused (signals)
//	table.ts     Table: columns, rows by key, summary, notes; cell/num/str by column id
//	island.ts    Island: Lit in the light DOM; follow(), topic(), every(), on()
//	grid.ts      <s-grid>: columns, source (RowSource), selected, sort, refresh(); events
//	             select, open, sort, row-menu; rows by the ten million
//	rows.ts      LiveRows: a Table filtered, sorted, as a tree, with an order that holds still
//	expr.ts      the filter language of tables: compile(text, fields, reader)
//	filter-bar.ts <s-filter> for it
//	draw.ts      icon, css, bar, heat, meter, spark, stack, mirror, processLink, empty, commandLine
//	format.ts    size, bytes, rate, bits, duration, clock, when, count, percent, shell
//	dialog.ts    openDialog(view): native dialog, 400 ms guard
//	menu.ts      openMenu(items, at)
//	toast.ts     toast(text, action), copy(text)
//	keys.ts      pageKeys({t: ...}), globalKeys
//	status.ts    command, fact (signals): the status bar's command and fact
//	notices.ts   notes(list), failed(error, title): what is missing, with the command
//	timeline.ts  past (signal): the moment looked at; sampleAt
//	commands.ts  parse(line): old command lines to views
//	wire.ts      generated from server/wire
package web
