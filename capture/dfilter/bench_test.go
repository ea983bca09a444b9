package dfilter

import "testing"

var typed = []struct{ name, text string }{
	{"Port", "zz.port == 80"}, {"Protocol", "zz"}, {"Network", "zz.ip == 10.0.0.0/8"},
	{"SetAndNot", "zz.port in {80, 443, 8000..8080} and not zz.flag == 0"}, {"Text", "zz.name contains \"example\""},
	{"Pattern", "zz.name matches \"^w.*\\\\.example$\""}, {"Slice", "zz.data[0:2] == 61:62"}, {"Function", "upper(zz.name) contains \"EXAMPLE\""},
}

// BenchmarkTypeFilter is what each key press in the filter box costs.
func BenchmarkTypeFilter(b *testing.B) {
	for _, c := range typed {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(c.text, utc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFilterPacket is what each dissected packet costs.
func BenchmarkFilterPacket(b *testing.B) {
	p := full()
	for _, c := range typed {
		f, err := Compile(c.text, utc)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Match(p)
			}
		})
	}
}

// BenchmarkCompleteName is what completion costs while a name is typed.
func BenchmarkCompleteName(b *testing.B) {
	for b.Loop() {
		Complete("zz and zz.ki", 12)
	}
}
