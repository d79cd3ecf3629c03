package queue

// ranked is what a heap holds: pointers that know their order and their place.
type ranked[T any] interface {
	before(T) bool
	place() *int // where the heap notes the index; absent when not in a heap
}

const absent = -1

// heap is a binary heap whose items can be moved and removed wherever they are.
type heap[T ranked[T]] struct{ items []T }

func (h *heap[T]) len() int { return len(h.items) }
func (h *heap[T]) top() T   { return h.items[0] }

func (h *heap[T]) push(item T) {
	*item.place() = len(h.items)
	h.items = append(h.items, item)
	h.up(len(h.items) - 1)
}

// remove takes an item out that is in the heap.
func (h *heap[T]) remove(item T) {
	at, last := *item.place(), len(h.items)-1
	h.swap(at, last)
	var none T
	h.items[last] = none
	h.items = h.items[:last]
	*item.place() = absent
	if at < last {
		h.fix(h.items[at])
	}
}

// fix restores the order after an item's rank has changed.
func (h *heap[T]) fix(item T) {
	if !h.down(*item.place()) {
		h.up(*item.place())
	}
}

func (h *heap[T]) up(at int) {
	for at > 0 {
		parent := (at - 1) / 2
		if !h.items[at].before(h.items[parent]) {
			return
		}
		h.swap(at, parent)
		at = parent
	}
}

func (h *heap[T]) down(at int) (moved bool) {
	for {
		child := 2*at + 1
		if child >= len(h.items) {
			return moved
		}
		if right := child + 1; right < len(h.items) && h.items[right].before(h.items[child]) {
			child = right
		}
		if !h.items[child].before(h.items[at]) {
			return moved
		}
		h.swap(at, child)
		at, moved = child, true
	}
}

func (h *heap[T]) swap(a, b int) {
	h.items[a], h.items[b] = h.items[b], h.items[a]
	*h.items[a].place(), *h.items[b].place() = a, b
}
