package instance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sonde/server/sandbox"
)

// socketName is the control socket's name in the data folder. Whoever may open
// the folder (0700) and the socket (0600) is the same user or root; the server
// asks the kernel all the same.
const socketName = "control"

// maxControl bounds a request and an answer, in bytes.
const maxControl = 64 << 10

// controlTimeout bounds one exchange, an import included.
const controlTimeout = 10 * time.Minute

// Handler does what the control socket is asked.
type Handler interface {
	// Link mints a one-time link to a path of the pages ("/" for the start).
	Link(ctx context.Context, path string) (string, error)
	// Import reads a capture file and gives the path of its page. The file is
	// the handler's to close.
	Import(ctx context.Context, name string, f *os.File) (path string, err error)
}

type controlRequest struct {
	Op   string `json:"op"` // "link" or "open"
	Path string `json:"path,omitempty"`
	Name string `json:"name,omitempty"`
}

type controlAnswer struct {
	URL   string `json:"url,omitempty"`
	Error string `json:"error,omitempty"`
}

// Control is the open control socket of a data folder. Commands can connect to
// it as soon as it is open.
type Control struct {
	dir *os.File
	l   *net.UnixListener
}

// OpenControl makes the socket. It replaces that of a server that is no more;
// the caller holds the folder's lock.
func OpenControl(dir *os.File) (*Control, error) {
	if err := unix.Unlinkat(int(dir.Fd()), socketName, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return nil, fmt.Errorf("replace control socket: %w", err)
	}
	old := unix.Umask(0o177) // the socket is 0600 from its first moment
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socketPath(dir), Net: "unix"})
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	l.SetUnlinkOnClose(false)
	return &Control{dir, l}, nil
}

// Close takes the socket away.
func (c *Control) Close() error {
	_ = unix.Unlinkat(int(c.dir.Fd()), socketName, 0) // gone is gone
	return c.l.Close()
}

// Serve answers commands until ctx is done, then closes the socket.
func (c *Control) Serve(ctx context.Context, h Handler) error {
	l := c.l
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, 16)
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("control socket: %w", err)
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			c.Close()
			return nil
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			serveOne(ctx, c, h)
		}()
	}
}

func serveOne(ctx context.Context, c *net.UnixConn, h Handler) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if uid, err := peerUID(c); err != nil || uid != 0 && uid != os.Geteuid() {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	req, file, err := readRequest(c)
	var a controlAnswer
	if err == nil {
		_ = c.SetDeadline(time.Now().Add(controlTimeout))
		switch {
		case req.Op == "link":
			a.URL, err = h.Link(ctx, req.Path)
		case req.Op == "open" && file != nil:
			var path string
			path, err = h.Import(ctx, req.Name, file)
			file = nil
			if err == nil {
				a.URL, err = h.Link(ctx, path)
			}
		default:
			err = fmt.Errorf("no such request: %q", req.Op)
		}
	}
	if file != nil {
		file.Close()
	}
	if err != nil {
		a = controlAnswer{Error: err.Error()}
	}
	b, err := json.Marshal(a)
	if err == nil {
		_, _ = c.Write(append(b, '\n'))
	}
}

// readRequest reads one JSON line and at most one descriptor with it.
func readRequest(c *net.UnixConn) (controlRequest, *os.File, error) {
	var req controlRequest
	buf := make([]byte, maxControl)
	oob := make([]byte, unix.CmsgSpace(4*4))
	n, oobn, flags, _, err := c.ReadMsgUnix(buf, oob)
	var files []*os.File
	if oobn > 0 {
		if msgs, err := unix.ParseSocketControlMessage(oob[:oobn]); err == nil {
			for i := range msgs {
				fds, _ := unix.ParseUnixRights(&msgs[i])
				for _, fd := range fds {
					unix.CloseOnExec(fd)
					files = append(files, os.NewFile(uintptr(fd), "import"))
				}
			}
		}
	}
	bad := func(err error) (controlRequest, *os.File, error) {
		for _, f := range files {
			f.Close()
		}
		return req, nil, err
	}
	if err != nil {
		return bad(err)
	}
	if flags&unix.MSG_CTRUNC != 0 || len(files) > 1 {
		return bad(errors.New("more than one file in a request"))
	}
	for n > 0 && buf[n-1] != '\n' { // a stream may cut a line anywhere
		if n == len(buf) {
			return bad(errors.New("request too long"))
		}
		m, err := c.Read(buf[n:])
		if err != nil {
			return bad(err)
		}
		n += m
	}
	if err := json.Unmarshal(buf[:n], &req); err != nil {
		return bad(fmt.Errorf("request: %w", err))
	}
	if len(files) == 0 {
		return req, nil, nil
	}
	return req, files[0], nil
}

// ErrNotRunning means that no server answers for the data folder.
var ErrNotRunning = errors.New("no sonde is running")

// Link asks the server of a data folder for a new link to path.
func Link(ctx context.Context, dir, path string) (string, error) {
	return exchange(ctx, dir, controlRequest{Op: "link", Path: path}, nil)
}

// Open hands an open file to the server of a data folder and gives the link to
// its page. The file's permissions are the caller's, not the server's.
func Open(ctx context.Context, dir, name string, f *os.File) (string, error) {
	return exchange(ctx, dir, controlRequest{Op: "open", Name: name}, f)
}

// dial connects as this user, or, for root without the capability to pass by
// file modes, as the folder's owner.
func dial(ctx context.Context, dir *os.File) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socketPath(dir))
	var st unix.Stat_t
	if !errors.Is(err, unix.EACCES) || os.Geteuid() != 0 || unix.Fstat(int(dir.Fd()), &st) != nil {
		return c, err
	}
	err = sandbox.As(int(st.Uid), int(st.Gid), func() (err error) {
		c, err = d.DialContext(ctx, "unix", socketPath(dir))
		return err
	})
	return c, err
}

func exchange(ctx context.Context, path string, req controlRequest, file *os.File) (string, error) {
	fd, err := unix.Open(path, openFolder|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return "", ErrNotRunning
	} else if err != nil {
		return "", fmt.Errorf("open data folder %s: %w", path, err)
	}
	dir := os.NewFile(uintptr(fd), path)
	defer dir.Close()
	nc, err := dial(ctx, dir)
	if err != nil {
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) {
			return "", ErrNotRunning
		}
		return "", fmt.Errorf("reach the server at %s: %w", filepath.Join(path, socketName), err)
	}
	defer nc.Close()
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	c := nc.(*net.UnixConn)
	b, err := json.Marshal(req)
	if err != nil {
		return "", err
	}
	var rights []byte
	if file != nil {
		rights = unix.UnixRights(int(file.Fd()))
	}
	if _, _, err := c.WriteMsgUnix(append(b, '\n'), rights, nil); err != nil {
		return "", fmt.Errorf("ask the server: %w", err)
	}
	line, err := bufio.NewReader(io.LimitReader(c, maxControl)).ReadBytes('\n')
	if err != nil {
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return "", errors.New("the server refused: it belongs to another user")
		}
		return "", fmt.Errorf("read the server's answer: %w", err)
	}
	var a controlAnswer
	if err := json.Unmarshal(line, &a); err != nil {
		return "", fmt.Errorf("read the server's answer: %w", err)
	}
	if a.Error != "" {
		return "", errors.New(a.Error)
	}
	return a.URL, nil
}
