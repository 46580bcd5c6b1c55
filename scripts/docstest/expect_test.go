package main

import "testing"

func TestMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, got string
		ok              bool
	}{
		{"equal", "a\nb\n", "a\nb\n", true},
		{"trailing-space", "a\nb\n", "a \t\nb\r\n\n\n", true},
		{"leading-space", "a\n", " a\n", false},
		{"missing", "a\nb\n", "a\n", false},
		{"more", "a\n", "a\nb\n", false},
		{"empty-line", "a\n\nb\n", "a\nb\n", false},
		{"nothing", "\n", "", true},
		{"lines", "a\n...\nd\n", "a\nb\nc\nd\n", true},
		{"no-lines", "a\n...\nd\n", "a\nd\n", true},
		{"lines-at-the-end", "a\n...\n", "a\nb\n", true},
		{"lines-then-other", "a\n...\nd\n", "a\nb\n", false},
		{"lines-twice", "...\nb\n...\nb\n", "b\na\nb\nb\n", true},
		{"within-line", "id ... of ...\n", "id 7 of 9\n", true},
		{"within-line-nothing", "id...\n", "id\n", true},
		{"within-line-overlap", "ab...ba\n", "aba\n", false},
		{"within-line-order", "...a...b...\n", "b a\n", false},
		{"within-line-other", "id ... of 9\n", "id 7 of 8\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if ok := matches(toLines(tt.want), toLines(tt.got)); ok != tt.ok {
				t.Errorf("matches(%q, %q) = %v, want %v", tt.want, tt.got, ok, tt.ok)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, want, got string
		ok              bool
	}{
		{"middle", "b\nc\n", "a\nb\nc\nd\n", true},
		{"not-together", "b\nd\n", "a\nb\nc\nd\n", false},
		{"with-gap", "b\n...\nd\n", "a\nb\nc\nd\n", true},
		{"not-yet", "b\n", "a\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if ok := within(toLines(tt.want), toLines(tt.got)); ok != tt.ok {
				t.Errorf("within(%q, %q) = %v, want %v", tt.want, tt.got, ok, tt.ok)
			}
		})
	}
}
