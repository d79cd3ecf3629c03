package values

import (
	"fmt"
	"strings"

	"github.com/addonkit/addonkit/values/internal/schema"
)

// Setting documents one value that a schema knows.
type Setting struct {
	Path        string   // below the section: "/ports/*/name", "*" for any item or key
	Type        string   // "integer", "string or null", "any", …
	Default     string   // as JSON, "" for none
	Constraints []string // "≥ 1", "matches ^[a-z]+$", …
	Description string
	Required    bool
}

// Settings lists what a section's users may configure, from its ConfigSchema, or from its
// Schema when it has no other. The error is that of SetSection.
func Settings(from Spec) ([]Setting, error) {
	set, err := schema.Compile(schema.File(from.ConfigSchema), schema.File(from.Schema))
	if err != nil {
		return nil, err
	}
	n := set.Config
	if n == nil {
		n = set.Values
	}
	if n == nil {
		return nil, nil
	}
	var out []Setting
	for _, s := range n.Describe() {
		out = append(out, Setting(s))
	}
	return out, nil
}

// SettingsTable writes settings as a Markdown table.
func SettingsTable(settings []Setting) string {
	var b strings.Builder
	b.WriteString("| Name | Type | Default | Constraints | Meaning |\n|---|---|---|---|---|\n")
	for _, s := range settings {
		name := strings.ReplaceAll(strings.TrimPrefix(s.Path, "/"), "/", ".")
		constraints := s.Constraints
		if s.Required {
			constraints = append([]string{"required"}, constraints...)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
			code(name), cell(s.Type), code(s.Default), cell(strings.Join(constraints, "; ")), cell(s.Description))
	}
	return b.String()
}

func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "\\|")
}

func code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + cell(s) + " " + fence
	}
	return fence + cell(s) + fence
}
