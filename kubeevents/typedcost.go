package kubeevents

import "reflect"

// typedCost estimates the memory of a typed result by walking it. What is reached twice counts twice; walking ends
// after a depth no projection should have.
func typedCost(v any) int64 {
	value := reflect.ValueOf(v)
	return int64(value.Type().Size()) + reachable(value, 16)
}

// reachable is what a value points to, itself not counted.
func reachable(v reflect.Value, depth int) (cost int64) {
	if depth == 0 {
		return 0
	}
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return int64(v.Elem().Type().Size()) + reachable(v.Elem(), depth-1)
	case reflect.Slice:
		cost = int64(v.Len()) * int64(v.Type().Elem().Size())
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			cost += reachable(v.Index(i), depth-1)
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			cost += int64(v.Type().Key().Size()+v.Type().Elem().Size()) + 8
			cost += reachable(entries.Key(), depth-1) + reachable(entries.Value(), depth-1)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			cost += reachable(field, depth-1)
		}
	}
	return cost
}
