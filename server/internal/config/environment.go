package config

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	prefix         = "NATTERJACK_"
	passwordSuffix = "_PASSWORD"
)

// shippedUsers are the users of the shipped configuration. The node makes their passwords if
// none are given.
var shippedUsers = []string{"service", "operator", "sys"}

// strangers are variables with our prefix that belong to other programs: to the clients, and to
// the tests that start this one.
var strangers = []string{"NATTERJACK_SERVER", "NATTERJACK_TOKEN", "NATTERJACK_CHAOS", "NATTERJACK_CRASH"}

// mediaKeys are variables that the file may take the keys of media storage from. Like passwords,
// they are taken as they are, with any characters.
var mediaKeys = []string{"NATTERJACK_MEDIA_ACCESS_KEY", "NATTERJACK_MEDIA_SECRET_KEY"}

// checkEnvironment refuses variables with our prefix that are not read by anything. Otherwise a
// misspelt variable would silently leave the default in force.
func checkEnvironment(environ, known []string) error {
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, prefix) && !isPassword(name) && !slices.Contains(known, name) && !slices.Contains(strangers, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("%w: these variables are not known: %s; known are %s and %s…%s", ErrUsage,
		strings.Join(unknown, ", "), strings.Join(slices.Sorted(slices.Values(known)), ", "), prefix, passwordSuffix)
}

func isPassword(name string) bool {
	return strings.HasPrefix(name, prefix) && strings.HasSuffix(name, passwordSuffix) && len(name) > len(prefix)+len(passwordSuffix)-1
}

// passwords returns the values of the password variables, and of the keys of media storage. Users
// of the shipped configuration without a password get a placeholder. It is as random as a
// password, so that a placeholder left in place by mistake lets nobody in.
func passwords(environ []string) (vars, made map[string]string) {
	vars, made = map[string]string{}, map[string]string{}
	for _, user := range shippedUsers {
		placeholder := rand.Text()
		vars[variable(user)] = placeholder
		made[placeholder] = user
	}
	given := map[string]string{}
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); isPassword(name) || slices.Contains(mediaKeys, name) {
			given[name] = value
		}
	}
	maps.Copy(vars, given)
	return vars, made
}

// variable returns the name of the variable with a user's password.
func variable(user string) string { return prefix + strings.ToUpper(user) + passwordSuffix }
