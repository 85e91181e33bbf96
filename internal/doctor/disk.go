package doctor

import "fmt"

// little is so little free space that a person should know, in bytes.
const little = 1 << 30

// checkFolder says whether something can be written to a folder.
func checkFolder(name, what, dir string, probe diskProbe) Check {
	c := Check{Name: name}
	if dir == "" {
		c.State, c.Text = Warning, what+" is not known"
		c.Hint = "Set HOME: without it, a transfer cannot go on after this program was killed."
		return c
	}
	if err := probe.write(dir); err != nil {
		c.State, c.Text = Failed, fmt.Sprintf("%s, %s, cannot be written to: %v", what, dir, err)
		c.Hint = "Choose another, or change its permissions."
		return c
	}
	c.State, c.Text = OK, fmt.Sprintf("%s, %s, can be written to", what, dir)
	free := probe.free(dir)
	if free < 0 {
		return c
	}
	c.Text += fmt.Sprintf("; %s are free", sizeText(free))
	if free < little {
		c.State, c.Hint = Warning, "Make room before you receive much."
	}
	return c
}

// sizeText is a number of bytes in powers of 1000.
func sizeText(n int64) string {
	const units = "kMGTPE"
	value, unit := float64(n)/1000, 0
	for value >= 1000 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, units[unit])
}
