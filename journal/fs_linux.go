package journal

import (
	"fmt"
	"syscall"
)

// checkFileSystem refuses network file systems: SQLite's locks and shared
// memory do not work there, and corruption is what people report (statfs(2)
// has the numbers).
func checkFileSystem(dir string) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("looking at the file system of %s: %w", dir, err)
	}
	network := map[uint32]string{
		0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x65735546: "FUSE",
		0x01021997: "9p", 0x5346414f: "AFS", 0x00c36400: "Ceph", 0x47504653: "GPFS",
	}
	if name, is := network[uint32(fs.Type)]; is { //nolint:unconvert // its type differs between architectures
		return fmt.Errorf("%s is on a network file system (%s), where the journal would be damaged; set data_dir to a local disk", dir, name)
	}
	return nil
}
