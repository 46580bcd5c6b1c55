package clone

import "reflect"

func (d *Document) buildInto(n Node, dst reflect.Value, o BuildOptions) error {
	return misfit("typed")
}
