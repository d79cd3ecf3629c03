// Package folder reads modules folders in addon-operator's layout.
//
//	modules/values.yaml            values for all modules of this directory, and for "global"
//	modules/010-web-shop/          order 10, module web-shop; a link to a directory is as good as one
//	  values.yaml                  static values
//	  openapi/config-values.yaml   schema of the configuration
//	  openapi/values.yaml          schema of the effective values
//	  Chart.yaml, templates/       either makes it a chart
//	  crds/**.yaml                 definitions to install before
//	  hooks/                       executables
//	  enabled                      executable that may veto
//
// Promises:
//
//   - Files are read, nothing is run, and nothing of a module is believed: what its files mean is judged by others.
//   - A problem stays with its module, as [Module.Err]; the others are returned whole. A directory that cannot be
//     read at all is an error beside the modules of the other directories.
//   - No file outside the modules directory is read: a link that leads out of it is an error of its module. Only a
//     module's directory itself may be a link to elsewhere; then its files are confined to that place. Absolute links
//     count as leading out.
//   - Entries with a leading dot are not modules: version control and the links of a mounted ConfigMap are skipped.
//   - What a [Files] has shown once it shows for ever, whatever happens on disk.
package folder
